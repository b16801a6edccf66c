import { describe, expect, test } from "vitest";

import { createCircuitBreaker, type CallOutcome } from "./circuit-breaker.ts";

describe("R21: the circuit", () => {
  test("opens after five failures in a row, for 5 s, and tells how long it stays open", () => {
    const { call, admit, pass, states } = breaker();
    for (let at = 0; at < 4; at++) call("failed");
    call("answered");
    for (let at = 0; at < 4; at++) call("failed");
    expect(states).toEqual([]);
    call("failed");
    expect(states).toEqual(["open"]);
    expect(admit()).toEqual({ kind: "open", waitMs: 5_000 });
    pass(4_000);
    expect(admit()).toEqual({ kind: "open", waitMs: 1_000 });
  });

  test("opens at half of twenty calls in 10 s, and at no fewer", () => {
    const { call, states, pass } = breaker();
    for (let at = 0; at < 9; at++) {
      call("answered");
      call("failed");
    }
    call("answered");
    expect(states).toEqual([]);
    pass(11_000);
    call("failed");
    expect(states).toEqual([]);
    for (let at = 0; at < 9; at++) {
      call("answered");
      call("failed");
    }
    expect(states).toEqual([]);
    call("failed");
    expect(states).toEqual(["open"]);
  });

  test("lets one probe through, closes after its success, and begins anew", () => {
    const { admit, call, pass, states } = opened();
    pass(5_000);
    const probe = admit();
    expect(probe.kind).toBe("pass");
    expect(admit()).toMatchObject({ kind: "open" });
    if (probe.kind === "pass") probe.end("answered");
    expect(states).toEqual(["open", "half_open", "closed"]);
    for (let at = 0; at < 4; at++) call("failed");
    expect(states).toHaveLength(3);
  });

  test("stays open twice as long after each failed probe, up to 60 s", () => {
    const { admit, call, pass } = opened();
    let waitMs = 5_000;
    for (const next of [10_000, 20_000, 40_000, 60_000, 60_000]) {
      pass(waitMs);
      call("failed");
      expect(admit()).toEqual({ kind: "open", waitMs: next });
      waitMs = next;
    }
  });

  test("asks again at once when whoever probed has left", () => {
    const { admit, call, pass } = opened();
    pass(5_000);
    call("unknown");
    expect(admit().kind).toBe("pass");
  });

  test("is not moved by calls that began before it opened", () => {
    const { admit, call, pass, states } = breaker();
    const early = admit();
    for (let at = 0; at < 5; at++) call("failed");
    pass(5_000);
    const probe = admit();
    if (early.kind === "pass") early.end("failed");
    if (probe.kind === "pass") probe.end("answered");
    expect(states).toEqual(["open", "half_open", "closed"]);
  });
});

test("R61: failures of calls through which the machine has slept do not open the circuit", () => {
  const { admit, sleep, states } = breaker();
  for (let at = 0; at < 10; at++) {
    const admitted = admit();
    sleep(60_000);
    if (admitted.kind === "pass") admitted.end("failed");
  }
  expect(states).toEqual([]);
});

test("R60: a step of the wall clock neither opens nor holds it", () => {
  const { admit, pass, sleep } = opened();
  sleep(-3_600_000);
  pass(5_000);
  expect(admit().kind).toBe("pass");
});

function opened() {
  const circuit = breaker();
  for (let at = 0; at < 5; at++) circuit.call("failed");
  return circuit;
}

function breaker() {
  let monotonicMs = 1_000_000;
  let wallMs = 1_800_000_000_000;
  const states: string[] = [];
  const { admit } = createCircuitBreaker({
    onChange: (state) => states.push(state),
    monotonicNow: () => monotonicMs,
    now: () => wallMs,
  });
  return {
    admit,
    states,
    call(outcome: CallOutcome) {
      const admitted = admit();
      if (admitted.kind === "pass") admitted.end(outcome);
    },
    pass(ms: number) {
      monotonicMs += ms;
      wallMs += ms;
    },
    /** The wall clock alone moves. */
    sleep(ms: number) {
      wallMs += ms;
    },
  };
}
