/** The body of an answer, counted as it is read. */
import { MCP } from './limits';

/**
 * Breaks off where one message is too long: of a stream of events each, else the whole.
 * @param onEnd called once, when the body has ended or broken off
 */
export function followed(
  body: ReadableStream<Uint8Array>,
  isEventStream: boolean,
  onEnd: () => void,
): ReadableStream<Uint8Array> {
  const reader = body.getReader();
  let bytes = 0;
  const count = (chunk: Uint8Array): void => {
    const text = isEventStream ? Buffer.from(chunk).toString('latin1') : '';
    // An empty line ends an event.
    const boundary = Math.max(text.lastIndexOf('\n\n'), text.lastIndexOf('\n\r\n'));
    bytes = boundary < 0 ? bytes + chunk.length : chunk.length - boundary;
    if (bytes > MCP.messageBytesMax)
      throw new Error(`a message has more than ${MCP.messageBytesMax} bytes`);
  };
  return new ReadableStream({
    async pull(controller) {
      try {
        const { done, value } = await reader.read();
        if (!done) {
          count(value);
          controller.enqueue(value);
          return;
        }
        controller.close();
      } catch (error) {
        controller.error(error);
        // It may have broken off by itself.
        await reader.cancel(error).catch(() => undefined);
      }
      onEnd();
    },
    cancel: (reason) => reader.cancel(reason),
  });
}
