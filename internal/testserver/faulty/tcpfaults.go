package faulty

// Faults of tcp messages.
var tcpFaults = []row{
	{name: "line over the limit", over: classes{"tcp": "message too long"}, onMessage: afterN(write(func() []byte { return append(longMessageFrame()[10:], '\n') }, nil))},
	{name: "endless line", over: classes{"tcp": "message too long"}, onMessage: afterN(writeEndlessly("", "a"))},
	{name: "cuts mid-message", over: classes{"tcp": "connection closed by the server"}, onMessage: afterN(write(constant("half a mess"), cut))},
	{name: "length of 4 GiB", over: classes{"tcp": "message too long"}, lengthPrefixed: true, onMessage: afterN(write(constant("\xFF\xFF\xFF\xFFabc"), nil))},
	{name: "length over the limit", over: classes{"tcp": "message too long"}, lengthPrefixed: true, onMessage: afterN(write(func() []byte { return append([]byte{0, 0x20, 0, 0}, longMessageFrame()[10:]...) }, nil))},
	{name: "length longer than the message", over: classes{"tcp": "connection closed by the server"}, lengthPrefixed: true, onMessage: afterN(write(constant("\x00\x00\x00\x64ten bytes."), cut))},
}
