package grpc

import (
	"context"
	"net"

	"google.golang.org/grpc/credentials"
)

// fixedServerName verifies certificates against the server name of the TLS configuration. grpc-go would
// use :authority.
type fixedServerName struct {
	credentials.TransportCredentials
	serverName string
}

func (c fixedServerName) Info() credentials.ProtocolInfo {
	info := c.TransportCredentials.Info()
	info.ServerName = "" //nolint:staticcheck // grpc-go still reads it
	return info
}

func (c fixedServerName) ClientHandshake(ctx context.Context, _ string, nc net.Conn) (net.Conn, credentials.AuthInfo, error) {
	return c.TransportCredentials.ClientHandshake(ctx, c.serverName, nc)
}

func (c fixedServerName) Clone() credentials.TransportCredentials {
	return fixedServerName{c.TransportCredentials.Clone(), c.serverName}
}
