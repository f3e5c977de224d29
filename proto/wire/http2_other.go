//go:build !linux

package wire

import "sync"

func (*loopConn) waitOnce(*sync.Mutex) {}
func (*loopConn) wake()                {}
