package faulty

import (
	"sync"

	"google.golang.org/grpc"
	reflections "google.golang.org/grpc/reflection"
	v1 "google.golang.org/grpc/reflection/grpc_reflection_v1"
	v1alpha "google.golang.org/grpc/reflection/grpc_reflection_v1alpha"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protodesc"
	"google.golang.org/protobuf/reflect/protoregistry"
	"google.golang.org/protobuf/types/descriptorpb"
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

// file returns the descriptor of Proto.
func file() *descriptorpb.FileDescriptorProto {
	return &descriptorpb.FileDescriptorProto{
		Name: proto.String("faulty.proto"), Package: proto.String("faulty"), Syntax: proto.String("proto3"),
		MessageType: []*descriptorpb.DescriptorProto{{
			Name: proto.String("Message"),
			Field: []*descriptorpb.FieldDescriptorProto{{
				Name: proto.String("payload"), JsonName: proto.String("payload"), Number: proto.Int32(1),
				Type:  descriptorpb.FieldDescriptorProto_TYPE_STRING.Enum(),
				Label: descriptorpb.FieldDescriptorProto_LABEL_OPTIONAL.Enum(),
			}},
		}},
		Service: []*descriptorpb.ServiceDescriptorProto{{
			Name: proto.String("Echo"),
			Method: []*descriptorpb.MethodDescriptorProto{{
				Name: proto.String("Talk"), InputType: proto.String(".faulty.Message"), OutputType: proto.String(".faulty.Message"),
				ClientStreaming: proto.Bool(true), ServerStreaming: proto.Bool(true),
			}},
		}},
	}
}

// reflection serves gRPC server reflection v1 and v1alpha for Proto.
var reflection = sync.OnceValue(func() *grpc.Server {
	files := new(protoregistry.Files)
	fd, err := protodesc.NewFile(file(), files)
	if err != nil {
		panic(err) // a bug in this file's descriptor
	}
	if err := files.RegisterFile(fd); err != nil {
		panic(err)
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
	o := reflections.ServerOptions{Services: s, DescriptorResolver: files}
	v1.RegisterServerReflectionServer(s, reflections.NewServerV1(o))
	v1alpha.RegisterServerReflectionServer(s, reflections.NewServer(o))
	return s
})
