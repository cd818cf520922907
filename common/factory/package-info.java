/**
 * A factory's line as its people see it: what servers tell while they stage themselves is kept, and shown on one page.
 * Start with {@link common.factory.Line}, which knows all servers, and {@link common.factory.LineServer}, which listens and
 * answers. It is on the top floor: it uses {@code cli} only; what is sent to it is made in {@code line}.
 */
package common.factory;
