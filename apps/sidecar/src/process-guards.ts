// What holds from the first moment of the process, before anything else of it is loaded: import this first.

import { report } from "node:process";

// Files are for this user alone (S170).
process.umask(0o077);

// The signal by which Node opens its debugger to whoever may send one (S168).
process.on("SIGUSR1", () => {});

// A report that somebody asks for holds neither variables nor addresses (S169). The types do not know these members.
Object.assign(report, {
  excludeEnv: true,
  excludeNetwork: true,
  reportOnFatalError: false,
  reportOnSignal: false,
  reportOnUncaughtException: false,
});
