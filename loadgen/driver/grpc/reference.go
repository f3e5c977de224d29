package grpc

import (
	"net/http"

	"rtbench/loadgen/driver"
	"rtbench/proto"
)

// Reference returns the endpoint of a call to the reference server at an address. Its metadata carries
// the call, and the response header accepts it.
func Reference(address string, secure bool, c proto.Call) *driver.Endpoint {
	traffic := c.Pattern.Traffic()
	return &driver.Endpoint{
		URL:    driver.NewURL("grpc", secure, address, traffic.GRPCMethod(), ""),
		Header: http.Header{proto.MetadataKey: {c.Encode()}}, Limit: 2 * proto.MaxSize,
		ClientStreams: traffic.ClientSends, ServerStreams: traffic.ServerSends, OneCall: true, AwaitHeader: true, Wrapped: true,
	}
}
