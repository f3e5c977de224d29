package driver

// A StreamLimiter is a Driver over HTTP/2, whose server may limit the streams of a connection
// (RFC 9113, SETTINGS_MAX_CONCURRENT_STREAMS). A stream beyond the limit waits.
type StreamLimiter interface {
	// StreamLimit returns that limit, and how many of those streams the driver reserves for
	// itself. The limit is negative if the server sets none or is not connected yet.
	StreamLimit() (most, reserved int)
}

// StreamLimitOf returns the StreamLimit of d; a negative one if d is no StreamLimiter.
func StreamLimitOf(d Driver) (most, reserved int) {
	if l, ok := d.(StreamLimiter); ok {
		return l.StreamLimit()
	}
	return NoStreamLimit, 0
}

const NoStreamLimit = -1
