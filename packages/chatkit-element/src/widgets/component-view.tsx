// One component of a widget, by its type. What is not known gets a quiet placeholder, and the rest is drawn.

import { lazy, memo, type ReactNode, Suspense } from "react";

import { ButtonView } from "./button.tsx";
import { CheckboxView, RadioGroupView } from "./choices.tsx";
import { DatePickerView } from "./date-picker.tsx";
import { InputView, TextareaView } from "./fields.tsx";
import { BoxView, DividerView, FormView, SpacerView, TableView, TransitionView } from "./layout.tsx";
import { IconView, ImageView } from "./media.tsx";
import { childNodes, keysOf, type WidgetNode } from "./nodes.ts";
import { BasicView, CardView, ListView } from "./roots.tsx";
import { SelectView } from "./select.tsx";
import { dimensionsOf } from "./style-values.ts";
import { BadgeView, CaptionView, LabelView, MarkdownView, TextView, TitleView } from "./texts.tsx";
import { useWidget } from "./widget-context.ts";

const ChartView = lazy(async () => ({ default: (await import("./chart.tsx")).ChartView }));

export const ComponentView = memo(function ComponentView({ node }: { node: WidgetNode }): ReactNode {
  switch (node.type) {
    case "Card":
      return <CardView node={node} draw={drawChildren} />;
    case "ListView":
      return <ListView node={node} draw={drawChildren} />;
    case "Basic":
      return <BasicView node={node}>{drawChildren(node)}</BasicView>;
    case "Box":
    case "Row":
    case "Col":
      return <BoxView node={node}>{drawChildren(node)}</BoxView>;
    case "Form":
      return <FormView node={node}>{drawChildren(node)}</FormView>;
    case "Transition":
      return <TransitionView node={node} draw={drawChildren} />;
    case "Spacer":
      return <SpacerView node={node} />;
    case "Divider":
      return <DividerView node={node} />;
    case "Table":
      return <TableView node={node} draw={drawChildren} />;
    case "Text":
      return <TextView node={node} />;
    case "Markdown":
      return <MarkdownView node={node} />;
    case "Title":
      return <TitleView node={node} />;
    case "Caption":
      return <CaptionView node={node} />;
    case "Label":
      return <LabelView node={node} />;
    case "Badge":
      return <BadgeView node={node} />;
    case "Icon":
      return <IconView node={node} />;
    case "Image":
      return <ImageView node={node} />;
    case "Button":
      return <ButtonView node={node} />;
    case "Chart":
      return (
        <Suspense fallback={<div className="w-chart w-chart-wait" style={dimensionsOf(node)} />}>
          <ChartView node={node} />
        </Suspense>
      );
    case "Input":
      return <InputView node={node} />;
    case "Textarea":
      return <TextareaView node={node} />;
    case "Select":
      return <SelectView node={node} />;
    case "DatePicker":
      return <DatePickerView node={node} />;
    case "Checkbox":
      return <CheckboxView node={node} />;
    case "RadioGroup":
      return <RadioGroupView node={node} />;
    default:
      return <Unknown type={node.type} />;
  }
});

function drawChildren(node: WidgetNode): ReactNode {
  const children = childNodes(node);
  const keys = keysOf(children);
  return children.map((child, at) => <ComponentView key={keys[at]} node={child} />);
}

function Unknown({ type }: { type: string }) {
  const { strings } = useWidget();
  return <p className="placeholder">{strings.unknown(type.slice(0, 40))}</p>;
}
