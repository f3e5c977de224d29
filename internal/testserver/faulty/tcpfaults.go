package faulty

// Faults of tcp messages.
var tcpFaults = []row{
	{tcpOnly, "line over the limit", "message too long", false, behavior{onMessage: afterN(write(func() []byte { return append(longMessageFrame()[10:], '\n') }, nil))}},
	{tcpOnly, "endless line", "message too long", false, behavior{onMessage: afterN(writeEndlessly("", "a"))}},
	{tcpOnly, "cuts mid-message", "connection closed by the server", false, behavior{onMessage: afterN(write(constant("half a mess"), cut))}},
	{tcpOnly, "length of 4 GiB", "message too long", false, behavior{lengthPrefixed: true, onMessage: afterN(write(constant("\xFF\xFF\xFF\xFFabc"), nil))}},
	{tcpOnly, "length over the limit", "message too long", false, behavior{lengthPrefixed: true, onMessage: afterN(write(func() []byte { return append([]byte{0, 0x20, 0, 0}, longMessageFrame()[10:]...) }, nil))}},
	{tcpOnly, "length longer than the message", "connection closed by the server", false, behavior{lengthPrefixed: true, onMessage: afterN(write(constant("\x00\x00\x00\x64ten bytes."), cut))}},
}
