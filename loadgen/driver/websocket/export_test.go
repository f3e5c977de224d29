package websocket

import (
	"rtbench/loadgen/driver"
)

// What tests of this package look at from outside.
var (
	ChatMessages = func(from string) func([]byte) ([]byte, error) { return chatMessages(driver.Target{}, from) }
	AppendChat   = appendChat
	AcceptKey    = acceptKey
)
