package driver

import (
	"errors"
)

// ErrRefused is what Open returns, wrapped with the server's words, when the
// server was reached and does not accept the call.
var ErrRefused = errors.New("the server refused the call")

// ErrEnded is what Send returns when the server has ended the RPC; Recv has the
// reason.
var ErrEnded = errors.New("the server has ended the stream")

// ErrMessageFailed is what a Waiter's Send returns, wrapped with why, when the call of its
// message alone has failed: the stream is as good as before.
var ErrMessageFailed = errors.New("the message's call failed")

// ErrNotSent is the error of a Send that waits for its answer when the message did not leave,
// since there was no connection. It is wrapped with the cause.
var ErrNotSent = errors.New("the message was not sent")

var ErrReceiveOnly = errors.New("this SSE stream only listens")
