package driver

import "errors"

var (
	// ErrRefused is returned by Open, wrapped with the reason, if the server does not accept the
	// call.
	ErrRefused = errors.New("the server refused the call")

	// ErrEnded is returned by Send if the server has ended the call. Recv returns the reason.
	ErrEnded = errors.New("the server has ended the stream")

	// ErrMessageFailed is returned by Send if SendWaits, wrapped with the reason, if the
	// call for this message failed. The stream remains usable.
	ErrMessageFailed = errors.New("the message's call failed")

	// ErrNotSent is returned by Send if SendWaits, wrapped with the reason, if there was no
	// connection to send the message on.
	ErrNotSent = errors.New("the message was not sent")

	// ErrReceiveOnly is returned by Send on a stream that only receives.
	ErrReceiveOnly = errors.New("this stream only receives")

	// ErrNoStreams is returned by Open if the server allows no streams on a connection.
	ErrNoStreams = Refuse("no streams allowed", "the server allows 0 streams per connection (HTTP/2 SETTINGS_MAX_CONCURRENT_STREAMS)")

	// ErrNoMore is returned by Open, wrapped in a Refusal, if the server answers a request for
	// events with 204: the client must not reconnect (WHATWG HTML, section 9.2.3).
	ErrNoMore = errors.New("204 No Content: the server asked the client to stop")
)

// SessionOver reports whether the status of a POST means that its session has ended. The end of the session's stream may
// arrive later.
func SessionOver(status int) bool { return status == 404 || status == 410 }
