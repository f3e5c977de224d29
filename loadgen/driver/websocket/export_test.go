package websocket

// AcceptKey is exported for external tests.
var AcceptKey = acceptKey
