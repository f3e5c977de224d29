package driver

// A StreamLimiter is a Driver over HTTP/2, where the server can limit the streams of a connection
// (RFC 9113, SETTINGS_MAX_CONCURRENT_STREAMS). Streams beyond the limit wait.
type StreamLimiter interface {
	// StreamLimit returns that limit and the number of streams that the driver reserves for
	// itself. The limit is NoStreamLimit if the server sets none or is not connected yet.
	StreamLimit() (most, reserved int)
}

// NoStreamLimit is the stream limit of servers that set none.
const NoStreamLimit = -1

// StreamLimitOf returns the StreamLimit of d, or NoStreamLimit if d is not a StreamLimiter.
func StreamLimitOf(d Driver) (most, reserved int) {
	if l, ok := d.(StreamLimiter); ok {
		return l.StreamLimit()
	}
	return NoStreamLimit, 0
}
