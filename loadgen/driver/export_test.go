package driver

// What tests of this package look at from outside.
var (
	ChatMessages = chatMessages
	AppendChat   = appendChat
	AcceptKey    = acceptKey
)
