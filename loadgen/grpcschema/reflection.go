package grpcschema

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/jhump/protoreflect/v2/grpcreflect"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
)

// FromServer looks up the method full, pkg.Service/Method, through gRPC server reflection v1,
// or v1alpha if v1 is not supported. md is sent with the requests and may be nil; ctx bounds
// them. If reflection is not supported the error wraps ErrNoReflection. The error for an
// unknown service or method lists the existing ones.
func FromServer(ctx context.Context, conn grpc.ClientConnInterface, full string, md metadata.MD) (*Method, error) {
	service, name, err := splitMethod(full)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancel(metadata.NewOutgoingContext(ctx, md))
	defer cancel()
	client := grpcreflect.NewClientAuto(ctx, patchedConn{conn}, grpcreflect.WithFallbackResolvers(wellKnownFiles{}, nil))
	defer client.Reset()
	file, err := client.FileContainingSymbol(protoreflect.FullName(service))
	if err != nil {
		return nil, lookupError(client, service, err)
	}
	s := file.Services().ByName(protoreflect.FullName(service).Name())
	if s == nil || string(s.FullName()) != service {
		return nil, fmt.Errorf("reflection: the server has no service %s", service)
	}
	return newMethod(s, name)
}

// lookupError explains why the server did not describe a service.
func lookupError(client *grpcreflect.Client, service string, err error) error {
	if status.Code(err) == codes.Unimplemented {
		return fmt.Errorf("%w (%s)", ErrNoReflection, status.Convert(err).Message())
	}
	if !grpcreflect.IsElementNotFoundError(err) {
		return fmt.Errorf("reflection: %w", err)
	}
	services, listErr := client.ListServices()
	if listErr != nil {
		return fmt.Errorf("reflection: the server does not know service %s: %w", service, errors.Join(err, listErr))
	}
	var names []string
	for _, s := range services {
		if !strings.HasPrefix(string(s), "grpc.reflection.") {
			names = append(names, string(s))
		}
	}
	return fmt.Errorf("the server has no service %s; expected one of %s", service, listNames(service, sorted(names)))
}

// wellKnownFiles resolves only google.protobuf, which some servers omit. All other descriptors
// must come from the server.
type wellKnownFiles struct{}

func (wellKnownFiles) FindFileByPath(path string) (protoreflect.FileDescriptor, error) {
	if !strings.HasPrefix(path, "google/protobuf/") {
		return nil, protoregistry.NotFound
	}
	return protoregistry.GlobalFiles.FindFileByPath(path)
}

func (wellKnownFiles) FindDescriptorByName(name protoreflect.FullName) (protoreflect.Descriptor, error) {
	if !strings.HasPrefix(string(name), "google.protobuf.") {
		return nil, protoregistry.NotFound
	}
	return protoregistry.GlobalFiles.FindDescriptorByName(name)
}
