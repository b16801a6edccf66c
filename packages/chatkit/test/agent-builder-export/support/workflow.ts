import { tool, Agent, type AgentInputItem, Runner, withTrace } from "@openai/agents";
import { z } from "zod";


// Tool definitions
const orderStatus = tool({
  name: "orderStatus",
  description: "Looks up where an order is",
  parameters: z.object({
    order: z.string()
  }),
  execute: async (input: {order: string}) => {
    return `Order ${input.order} left the warehouse.`;
  },
});
const ClassifySchema = z.object({ classification: z.enum(["order", "returns"]) });
const classify = new Agent({
  name: "Classify",
  instructions: "Tell whether the message is about an order or about returns.",
  model: "gpt-4.1",
  outputType: ClassifySchema,
  modelSettings: {
    temperature: 1,
    topP: 1,
    maxTokens: 2048,
    store: true
  }
});

const orders = new Agent({
  name: "Orders",
  instructions: "Help with orders.",
  model: "gpt-4.1",
  tools: [
    orderStatus
  ],
  modelSettings: {
    temperature: 1,
    topP: 1,
    parallelToolCalls: true,
    maxTokens: 2048,
    store: true
  }
});

const returns = new Agent({
  name: "Returns",
  instructions: "Help with returns.",
  model: "gpt-4.1",
  modelSettings: {
    temperature: 1,
    topP: 1,
    maxTokens: 2048,
    store: true
  }
});

type WorkflowInput = { input_as_text: string };


// Main code entrypoint
export const runWorkflow = async (workflow: WorkflowInput) => {
  return await withTrace("Support", async () => {
    const conversationHistory: AgentInputItem[] = [
      { role: "user", content: [{ type: "input_text", text: workflow.input_as_text }] }
    ];
    const runner = new Runner({
      traceMetadata: {
        __trace_source__: "agent-builder",
        workflow_id: "wf_0123456789abcdef"
      }
    });
    const guardrailsInputText = workflow.input_as_text;
    const guardrailsHasTripwire = /password/i.test(guardrailsInputText);
    const guardrailsOutput = guardrailsHasTripwire ? { pii: { failed: true } } : { safe_text: guardrailsInputText };
    if (guardrailsHasTripwire) {
      return guardrailsOutput;
    } else {
      const classifyResultTemp = await runner.run(
        classify,
        [
          ...conversationHistory
        ]
      );
      conversationHistory.push(...classifyResultTemp.newItems.map((item) => item.rawItem));

      if (!classifyResultTemp.finalOutput) {
          throw new Error("Agent result is undefined");
      }

      const classifyResult = {
        output_text: JSON.stringify(classifyResultTemp.finalOutput),
        output_parsed: classifyResultTemp.finalOutput
      };
      if (classifyResult.output_parsed.classification == "order") {
        const ordersResultTemp = await runner.run(
          orders,
          [
            ...conversationHistory
          ]
        );
        conversationHistory.push(...ordersResultTemp.newItems.map((item) => item.rawItem));

        if (!ordersResultTemp.finalOutput) {
            throw new Error("Agent result is undefined");
        }

        const ordersResult = {
          output_text: ordersResultTemp.finalOutput ?? ""
        };
        return ordersResult;
      } else {
        const returnsResultTemp = await runner.run(
          returns,
          [
            ...conversationHistory
          ]
        );
        conversationHistory.push(...returnsResultTemp.newItems.map((item) => item.rawItem));

        if (!returnsResultTemp.finalOutput) {
            throw new Error("Agent result is undefined");
        }

        const returnsResult = {
          output_text: returnsResultTemp.finalOutput ?? ""
        };
        return returnsResult;
      }
    }
  });
}
