package driver

// What tests of this package look at from outside.
var (
	ChatMessages = Target{}.chatMessages
	AppendChat   = appendChat
	AcceptKey    = acceptKey
)
