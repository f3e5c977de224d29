//go:build !linux

package eventloop

import "net"

// A writability is always writable on this system.
type writability struct{}

func newWritability(net.Conn) *writability { return nil }
func (*writability) writable() bool        { return true }
