// Package grpcschema resolves gRPC methods from .proto files, descriptor sets or server reflection, and converts
// between JSON and protobuf. It compiles a message template once, so that each message needs no
// library call: Format appends precomputed segments. In replies it finds fields by number.
package grpcschema

import (
	"errors"
	"fmt"
	"strings"

	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
	"google.golang.org/protobuf/types/dynamicpb"
)

// A Method is a method of a gRPC service, created by FromFiles or FromServer. It is immutable
// and safe for concurrent use.
type Method struct {
	// Service is the fully qualified name of the service; Name is the method's name within it.
	Service, Name string
	// Input and Output are the request and response types.
	Input, Output protoreflect.MessageDescriptor
	// ClientStreams and ServerStreams report which sides send streams of messages.
	ClientStreams, ServerStreams bool
	// types resolves the contents of google.protobuf.Any: all types known to the method's file.
	types *dynamicpb.Types
	// file is the import path of the file with the service.
	file string
	// output validates messages of type Output.
	output *checker
}

// ErrNoReflection is wrapped by FromServer's error if the server does not support reflection.
var ErrNoReflection = errors.New("the server does not support reflection; set `proto:` (--proto) to its .proto files or a descriptor set")

// splitMethod splits pkg.Service/Method, with or without a leading slash.
func splitMethod(full string) (service, name string, err error) {
	service, name, ok := strings.Cut(strings.TrimPrefix(full, "/"), "/")
	if !ok || !protoreflect.FullName(service).IsValid() || !protoreflect.Name(name).IsValid() {
		return "", "", fmt.Errorf("%q is not a gRPC method; expected pkg.Service/Method", full)
	}
	return service, name, nil
}

// newMethod returns the named method of a service.
func newMethod(service protoreflect.ServiceDescriptor, name string) (*Method, error) {
	m := service.Methods().ByName(protoreflect.Name(name))
	if m == nil {
		var names []string
		for i := range service.Methods().Len() {
			names = append(names, string(service.Methods().Get(i).Name()))
		}
		return nil, fmt.Errorf("service %s has no method %s; expected one of %s", service.FullName(), name, listNames(name, names))
	}
	files := new(protoregistry.Files)
	registerFile(files, service.ParentFile())
	registerFile(files, m.Input().ParentFile())
	registerFile(files, m.Output().ParentFile())
	return &Method{
		Service: string(service.FullName()), Name: name,
		Input: m.Input(), Output: m.Output(),
		ClientStreams: m.IsStreamingClient(), ServerStreams: m.IsStreamingServer(),
		file: service.ParentFile().Path(), types: dynamicpb.NewTypes(files), output: newChecker(m.Output(), map[protoreflect.FullName]*checker{}),
	}, nil
}

// registerFile registers a file and its imports, unless they are already registered.
func registerFile(files *protoregistry.Files, file protoreflect.FileDescriptor) {
	if file == nil || file.IsPlaceholder() {
		return
	}
	if _, err := files.FindFileByPath(file.Path()); err == nil {
		return
	}
	// A conflicting file is skipped; only an Any could need it.
	_ = files.RegisterFile(file)
	for i := range file.Imports().Len() {
		registerFile(files, file.Imports().Get(i).FileDescriptor)
	}
}
