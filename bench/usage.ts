// What a server under test has used, told by itself to the process that measures it.

/** Since the process began. */
export interface Usage {
  readonly cpuMicros: number;
  readonly residentMiB: number;
}

/** Answers whatever the parent sends; the channel alone keeps no process alive. */
export function answerUsage(): void {
  process.on("message", () => {
    const { user, system } = process.cpuUsage();
    const usage: Usage = { cpuMicros: user + system, residentMiB: process.memoryUsage.rss() / 2 ** 20 };
    process.send?.(usage);
  });
  process.channel?.unref();
}
