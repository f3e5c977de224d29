//go:build !linux

package wire

import "net"

type bareSource struct{}

func newBareSource(net.Conn, *Reader) *bareSource { return nil }

func (*bareSource) fill() (int, error) { return 0, nil }
