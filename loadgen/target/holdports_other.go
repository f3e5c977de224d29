//go:build !linux

package target

// holdPorts does nothing: whether a socket may share an address that is bound depends on the system.
func (*Server) holdPorts() (release func()) { return func() {} }
