package grpcschema_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/reflection"
	"google.golang.org/grpc/status"

	"rtbench/loadgen/grpcschema"
	"rtbench/proto/streamingpb"
)

// bound is a deadline for everything.
const bound = 30 * time.Second

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// rich returns the named method of testdata/rich.proto.
func rich(t testing.TB, name string) *grpcschema.Method {
	t.Helper()
	m, err := grpcschema.FromFiles(context.Background(), []string{"testdata/rich.proto"}, nil, "/rich.v1.Talk/"+name)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func TestFromFiles(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, files, dirs, full string
		want                    string // or parts of the error separated by |
	}{
		{"bidi", "testdata/rich.proto", "", "rich.v1.Talk/Chat", "/rich.v1.Talk/Chat true true"},
		{"unary", "testdata/rich.proto", "", "/rich.v1.Talk/Ask", "/rich.v1.Talk/Ask false false"},
		{"server", "testdata/rich.proto", "testdata", "/rich.v1.Talk/Watch", "/rich.v1.Talk/Watch false true"},
		{"client", "testdata/rich.proto", "testdata", "/rich.v1.Talk/Collect", "/rich.v1.Talk/Collect true false"},
		{"imported file", "testdata/rich.proto", "", "common.Parts/Get", "/common.Parts/Get false false"},
		{"file within a directory", "testdata/sub/common.proto", "testdata", "common.Parts/Get", "/common.Parts/Get false false"},
		{"proto2", "testdata/old.proto", "", "old.Talk/Ask", "/old.Talk/Ask false false"},
		{"no method", "testdata/rich.proto", "", "rich.v1.Talk", `"rich.v1.Talk" is not a gRPC method; expected pkg.Service/Method`},
		{"nothing", "testdata/rich.proto", "", "/", "expected pkg.Service/Method"},
		{"unknown method", "testdata/rich.proto", "", "rich.v1.Talk/chat", "service rich.v1.Talk has no method chat; expected one of Ask, Watch, Collect, Chat, Say; did you mean Chat?"},
		{"unknown service", "testdata/rich.proto", "", "rich.v1.Tlk/Chat", "no service rich.v1.Tlk in testdata/rich.proto; expected one of common.Parts, rich.v1.Talk; did you mean rich.v1.Talk?"},
		{"without its package", "testdata/rich.proto", "", "Talk/Chat", "did you mean rich.v1.Talk?"},
		{"a message", "testdata/rich.proto", "", "rich.v1.Rich/Chat", "no service rich.v1.Rich"},
		{"no file", "testdata/none.proto", "", "a.B/C", "testdata/none.proto: no such file"},
		{"no directory", "testdata/rich.proto", "testdata/none", "a.B/C", "import directory: |testdata/none"},
		{"a file as directory", "testdata/rich.proto", "testdata/rich.proto", "a.B/C", "is a file; expected a directory"},
		{"no files", "", "", "a.B/C", "no .proto files"},
		{"broken", "testdata/broken.proto", "", "broken.S/Ask", "broken.proto:8:1: syntax error|broken.proto:11:14: syntax error"},
		{"unlinked", "testdata/unlinked.proto", "", "broken.S/Ask", "unlinked.proto:6:3: |strin|unlinked.proto:7:3: |Nothing"},
		{"two of a name", "testdata/rich.proto testdata/sub/rich.proto", "", "rich.v1.Talk/Chat", "testdata/rich.proto and testdata/sub/rich.proto are both imported as rich.proto"},
		{"a set by buf of Edition 2024", "testdata/sets/edition2024.binpb", "", "notes.v1.Notes/Add", "/notes.v1.Notes/Add true true"},
		{"a set by protoc", "testdata/sets/chat.binpb", "", "chat.v1.Chat/Watch", "/chat.v1.Chat/Watch false true"},
		{"a set and a file that imports it", "testdata/sets/importing.proto testdata/sets/chat.binpb", "", "importing.Importing/Ask", "/importing.Importing/Ask false false"},
		{"two sets of the same files", "testdata/sets/chat.binpb testdata/sets/chat.binpb", "", "chat.v1.Chat/Ask", "/chat.v1.Chat/Ask false false"},
		{"a set and a file", "testdata/sets/chat.binpb testdata/rich.proto", "", "rich.v1.Talk/Chat", "/rich.v1.Talk/Chat true true"},
		{"a set without imports", "testdata/sets/chat-without-imports.binpb", "", "chat.v1.Chat/Ask", "testdata/sets/chat-without-imports.binpb: chat/v1/chat.proto imports chat/v1/types.proto, which the set lacks; expected a set with all imports, as `buf build -o` and `protoc --include_imports -o` write"},
		{"unknown method of a set", "testdata/sets/chat.binpb", "", "chat.v1.Chat/Aks", "expected one of Ask, Watch, Collect, Talk, Meet; did you mean Ask?"},
		{"text as a set", "testdata/sets/text.binpb", "", "a.B/C", "text.binpb:1:1: syntax error"},
		{"a compressed set", "testdata/sets/compressed.binpb", "", "a.B/C", "compressed.binpb: found neither a .proto file nor a descriptor set; expected the output of `buf build -o compressed.binpb`"},
		{"no set", "testdata/none.binpb", "", "a.B/C", "testdata/none.binpb: no such file"},
		{"Edition 2024", "testdata/sets/edition2024.proto", "", "notes.v1.Notes/Add", "edition2024.proto:1:11: edition 2024 is not supported in .proto files; expected edition 2023, proto3 or proto2, or a descriptor set instead of the file, such as that of `buf build -o api.binpb`"},
		{"missing import", "testdata/missing.proto", "", "broken.S/Ask", "missing.proto:5:8: |not/there.proto"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			m, err := grpcschema.FromFiles(t.Context(), strings.Fields(c.files), strings.Fields(c.dirs), c.full)
			if err != nil {
				for _, part := range strings.Split(c.want, "|") {
					if !strings.Contains(err.Error(), part) {
						t.Errorf("error %v\nwant %s", err, part)
					}
				}
				return
			}
			if got := fmt.Sprint("/", m.Service, "/", m.Name, " ", m.ClientStreams, m.ServerStreams); got != c.want {
				t.Errorf("got %s, want %s", got, c.want)
			}
		})
	}
}

// serve starts a server and returns a client connection.
func serve(t *testing.T, register func(*grpc.Server), options ...grpc.ServerOption) *grpc.ClientConn {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := grpc.NewServer(options...)
	register(s)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = s.Serve(l)
	}()
	conn, err := grpc.NewClient("passthrough:///"+l.Addr().String(), grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = conn.Close()
		s.Stop()
		<-ended
	})
	return conn
}

type streaming struct {
	streamingpb.UnimplementedDataStreamServiceServer
}

func TestFromServer(t *testing.T) {
	t.Parallel()
	const known = "/streaming.DataStreamService/FetchData"
	withStreaming := func(s *grpc.Server) { streamingpb.RegisterDataStreamServiceServer(s, streaming{}) }
	both := func(s *grpc.Server) { withStreaming(s); reflection.Register(s) }
	alpha := func(s *grpc.Server) {
		withStreaming(s)
		// Register registers both versions; this server gets only the old one.
		reflection.Register(only{s, "grpc.reflection.v1alpha.ServerReflection"})
	}
	guarded := grpc.StreamInterceptor(func(srv any, st grpc.ServerStream, _ *grpc.StreamServerInfo, h grpc.StreamHandler) error {
		if md, _ := metadata.FromIncomingContext(st.Context()); len(md.Get("authorization")) == 0 {
			return status.Error(codes.Unauthenticated, "who are you?")
		}
		return h(srv, st)
	})
	for _, c := range []struct {
		name     string
		register func(*grpc.Server)
		options  []grpc.ServerOption
		full     string
		md       metadata.MD
		want     string
	}{
		{"v1", both, nil, known, nil, ""},
		{"v1alpha alone", alpha, nil, known, nil, ""},
		{"none", withStreaming, nil, known, nil, "the server does not support reflection; set `proto:` (--proto) to its .proto files"},
		{"unknown service", both, nil, "streaming.DataStream/FetchData", nil, "the server has no service streaming.DataStream; expected one of streaming.DataStreamService; did you mean streaming.DataStreamService?"},
		{"known here but not to the server", both, nil, "rtbench.bench.v1.Bench/Echo", nil, "the server has no service"},
		{"unknown method", both, nil, "streaming.DataStreamService/Stream", nil, "has no method Stream; expected one of FetchData"},
		{"a message", both, nil, "streaming.DataRequest/Stream", nil, "no service"},
		{"not let in", both, []grpc.ServerOption{guarded}, known, nil, "who are you?"},
		{"let in", both, []grpc.ServerOption{guarded}, known, metadata.Pairs("authorization", "Bearer x"), ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			conn := serve(t, c.register, c.options...)
			ctx, cancel := context.WithTimeout(t.Context(), bound)
			defer cancel()
			m, err := grpcschema.FromServer(ctx, conn, c.full, c.md)
			if c.want == "" {
				if err != nil || "/"+m.Service+"/"+m.Name != known || m.Input == nil {
					t.Fatalf("got %+v, %v", m, err)
				}
				return
			}
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Fatalf("error %v, want %s", err, c.want)
			}
			if none := c.name == "none"; errors.Is(err, grpcschema.ErrNoReflection) != none {
				t.Errorf("ErrNoReflection is %v", !none)
			}
		})
	}
}

// only registers one service and ignores the others.
type only struct {
	*grpc.Server
	name string
}

func (o only) RegisterService(d *grpc.ServiceDesc, impl any) {
	if d.ServiceName == o.name {
		o.Server.RegisterService(d, impl)
	}
}

func TestFromServerIsBounded(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	conn, err := grpc.NewClient("passthrough:///"+l.Addr().String(), grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if _, err := grpcschema.FromServer(ctx, conn, "a.B/C", nil); err == nil {
		t.Fatal("a silent server responded")
	}
}
