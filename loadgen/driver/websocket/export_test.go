package websocket

import (
	"rtbench/loadgen/driver"
)

// Exported for external tests.
var (
	ChatMessages = func(from string) func([]byte) ([]byte, error) { return chatMessages(driver.Target{}, from) }
	AppendChat   = appendChat
	AcceptKey    = acceptKey
)
