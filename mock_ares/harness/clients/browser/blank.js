// A client that does nothing: the first run of a browser shows that it works, and is the slow one.
export const streamChat = () => "";
