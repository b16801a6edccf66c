// Lines out of a stream of bytes, without ever holding more than one of bounded length.

export interface Line {
  /** Without its end. */
  readonly text: string;
  /** Whether it was longer than the bound, and is only its beginning. */
  readonly cut: boolean;
}

export interface LineSplitter {
  push(chunk: Buffer): void;
  /** What stands after the last line end, if anything, is a line as well. */
  end(): void;
}

export function createLineSplitter(maxBytes: number, onLine: (line: Line) => void): LineSplitter {
  const held = Buffer.alloc(maxBytes);
  let length = 0;
  let cut = false;

  return {
    push(chunk) {
      let from = 0;
      for (let at = chunk.indexOf(10); at !== -1; at = chunk.indexOf(10, from)) {
        keep(chunk.subarray(from, at));
        emit();
        from = at + 1;
      }
      keep(chunk.subarray(from));
    },
    end() {
      if (length > 0 || cut) emit();
    },
  };

  function keep(bytes: Buffer): void {
    const copied = bytes.copy(held, length);
    length += copied;
    if (copied < bytes.length) cut = true;
  }

  function emit(): void {
    const line = { text: held.toString("utf8", 0, length).replace(/\r$/, ""), cut };
    // It may have been a message with a key in it.
    held.fill(0, 0, length);
    length = 0;
    cut = false;
    onLine(line);
  }
}
