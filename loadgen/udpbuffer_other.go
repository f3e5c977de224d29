//go:build !linux

package loadgen

// udpBuffer returns 0: the limit of the receive buffer of a socket is unknown.
func udpBuffer() (bytes int) { return 0 }
