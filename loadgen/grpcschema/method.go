// Package grpcschema finds what a gRPC method takes and returns, in .proto files or by asking
// the server (reflection), and turns messages written as JSON into bytes: a template is
// compiled once, so that for a message its segments are copied and no library is asked. In
// a reply it finds fields by their numbers. It measures nothing.
package grpcschema

import (
	"errors"
	"fmt"
	"strings"

	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
	"google.golang.org/protobuf/types/dynamicpb"
)

// A Method is a method of a gRPC service. It is made by FromFiles or FromServer, never
// changed, and safe for concurrent use.
type Method struct {
	// Service is the service's name with its package, Name is the method's own.
	Service, Name string
	// Input and Output are what the client and the server send.
	Input, Output protoreflect.MessageDescriptor
	// ClientStreams and ServerStreams say which side sends any number of them.
	ClientStreams, ServerStreams bool
	// types are what a google.protobuf.Any may hold: all that the method's file knows.
	types *dynamicpb.Types
	// output checks messages of Output.
	output *checker
}

// ErrNoReflection is what FromServer returns, wrapped, when the server answers no questions
// about its services.
var ErrNoReflection = errors.New("the server has no reflection: give `proto:` files")

// Path is the method as it is called: /pkg.Service/Method.
func (m *Method) Path() string { return "/" + m.Service + "/" + m.Name }

// splitMethod takes pkg.Service/Method apart; a leading slash is allowed.
func splitMethod(full string) (service, name string, err error) {
	service, name, ok := strings.Cut(strings.TrimPrefix(full, "/"), "/")
	if !ok || !protoreflect.FullName(service).IsValid() || !protoreflect.Name(name).IsValid() {
		return "", "", fmt.Errorf("%q is no gRPC method, expected pkg.Service/Method", full)
	}
	return service, name, nil
}

// newMethod returns the method of that name of a service.
func newMethod(service protoreflect.ServiceDescriptor, name string) (*Method, error) {
	m := service.Methods().ByName(protoreflect.Name(name))
	if m == nil {
		var names []string
		for i := range service.Methods().Len() {
			names = append(names, string(service.Methods().Get(i).Name()))
		}
		return nil, fmt.Errorf("service %s has no method %s, it has %s", service.FullName(), name, listNames(name, names))
	}
	files := new(protoregistry.Files)
	registerFile(files, service.ParentFile())
	registerFile(files, m.Input().ParentFile())
	registerFile(files, m.Output().ParentFile())
	return &Method{
		Service: string(service.FullName()), Name: name,
		Input: m.Input(), Output: m.Output(),
		ClientStreams: m.IsStreamingClient(), ServerStreams: m.IsStreamingServer(),
		types: dynamicpb.NewTypes(files), output: newChecker(m.Output(), map[protoreflect.FullName]*checker{}),
	}, nil
}

// registerFile enters a file and all that it imports. What is there already stays.
func registerFile(files *protoregistry.Files, file protoreflect.FileDescriptor) {
	if file == nil || file.IsPlaceholder() {
		return
	}
	if _, err := files.FindFileByPath(file.Path()); err == nil {
		return
	}
	// A file that collides with one that is there is left out: only an Any could miss it.
	_ = files.RegisterFile(file)
	for i := range file.Imports().Len() {
		registerFile(files, file.Imports().Get(i).FileDescriptor)
	}
}
