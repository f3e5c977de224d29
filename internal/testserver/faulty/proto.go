package faulty

import (
	"context"
	"sync"

	"github.com/bufbuild/protocompile"
	"google.golang.org/grpc"
	reflections "google.golang.org/grpc/reflection"
	v1 "google.golang.org/grpc/reflection/grpc_reflection_v1"
	v1alpha "google.golang.org/grpc/reflection/grpc_reflection_v1alpha"
)

// Method is the path of the method in Proto.
const Method = "/faulty.Echo/Talk"

// Proto is the .proto file of the gRPC service. Servers that speak HTTP/2 also describe it by
// reflection.
const Proto = `syntax = "proto3";

package faulty;

message Message {
  string payload = 1;
}

service Echo {
  // Talk returns messages as they come.
  rpc Talk(stream Message) returns (stream Message);
}
`

// reflection serves gRPC server reflection v1 and v1alpha for Proto.
var reflection = sync.OnceValue(func() *grpc.Server {
	source := protocompile.SourceAccessorFromMap(map[string]string{"faulty.proto": Proto})
	compiler := protocompile.Compiler{Resolver: &protocompile.SourceResolver{Accessor: source}}
	files, err := compiler.Compile(context.Background(), "faulty.proto")
	if err != nil {
		panic(err) // a bug in Proto
	}
	s := grpc.NewServer()
	s.RegisterService(&grpc.ServiceDesc{
		ServiceName: "faulty.Echo", HandlerType: (*any)(nil), Metadata: "faulty.proto",
		Streams: []grpc.StreamDesc{{
			StreamName: "Talk", ClientStreams: true, ServerStreams: true,
			// Only listed here; calls are served elsewhere.
			Handler: func(any, grpc.ServerStream) error { return nil },
		}},
	}, nil)
	o := reflections.ServerOptions{Services: s, DescriptorResolver: files.AsResolver()}
	v1.RegisterServerReflectionServer(s, reflections.NewServerV1(o))
	v1alpha.RegisterServerReflectionServer(s, reflections.NewServer(o))
	return s
})
