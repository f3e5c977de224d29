package proto

import "strings"

// Texts of failures that the generator writes and reports explain.
const (
	// ReferenceServer + ExitedDuringRun begins the error of a repetition whose reference server exited.
	ReferenceServer = "the reference server"
	ExitedDuringRun = " exited during the run"
	// NoStamp is the class of messages without the expected stamp.
	NoStamp = "no stamp"
	// ConnectionRefused is the class of a connection to an address at which nothing listens.
	ConnectionRefused = "connection refused"
	// StatusGRPC and StatusHTTP begin the classes of calls that were answered by a status.
	StatusGRPC = "gRPC "
	StatusHTTP = "HTTP status "
)

// ReferenceServerExited reports whether the error of a repetition is that its reference server exited.
func ReferenceServerExited(text string) bool {
	return strings.HasPrefix(text, ReferenceServer+ExitedDuringRun)
}

// IsConnectionRefused reports whether the class or example of a failure means that nothing listens at
// the target's address.
func IsConnectionRefused(text string) bool { return strings.Contains(text, ConnectionRefused) }

// IsStatus reports whether a class is the status of a call, as opposed to a reply.
func IsStatus(class string) bool {
	return strings.HasPrefix(class, StatusGRPC) || strings.HasPrefix(class, StatusHTTP)
}

// IsCallWithoutConnection reports whether a class is that of a gRPC call that failed for lack of a
// connection, so that its status is not the server's.
func IsCallWithoutConnection(class string) bool {
	return strings.HasPrefix(class, StatusGRPC) && strings.Contains(class, ": ")
}
