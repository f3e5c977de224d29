package server

import (
	"path"
	"slices"
	"testing"

	"google.golang.org/grpc"

	"rtbench/proto"
)

// Each pattern has a handler, and a gRPC method of its kind.
func TestPatternsAreServed(t *testing.T) {
	for _, p := range proto.Patterns {
		if patterns[p.Name] == nil {
			t.Errorf("%s has no handler", p.Name)
		}
		fits := func(d grpc.StreamDesc) bool {
			return d.StreamName == path.Base(p.GRPCMethod()) && d.ClientStreams == p.ClientSends && d.ServerStreams == p.ServerSends
		}
		if !slices.ContainsFunc(benchService.Streams, fits) {
			t.Errorf("%s has no gRPC method %s of its kind", p.Name, p.GRPCMethod())
		}
	}
	if len(patterns) != len(proto.Patterns) {
		t.Errorf("%d handlers, %d patterns", len(patterns), len(proto.Patterns))
	}
}
