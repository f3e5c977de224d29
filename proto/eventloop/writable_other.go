//go:build !linux

package eventloop

import "net"

// A writability always says yes here.
type writability struct{}

func newWritability(net.Conn) *writability { return nil }
func (*writability) writable() bool        { return true }
