package grpcschema_test

import (
	"os"
	"path/filepath"
	"testing"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/descriptorpb"
	"google.golang.org/protobuf/types/dynamicpb"

	"rtbench/loadgen/grpcschema"
	"rtbench/scenarios/template"
)

func noSecret(string) string { return "" }

// The sample of any method is a message that Compile accepts.
func TestSample(t *testing.T) {
	t.Parallel()
	const protos = "../../internal/testserver/thirdparty/proto"
	for _, c := range []struct {
		file, dir string
		methods   int
		full      string
		want, id  string
	}{
		{"testdata/rich.proto", "", 6, "rich.v1.Talk/Say", `"{{randomString 20}}"`, ""},
		{"testdata/old.proto", "", 1, "old.Talk/Ask", "", "id"},
		{"testdata/sets/edition2024.binpb", "", 1, "notes.v1.Notes/Add", `{"id":{{.RequestNumber}},"text":"{{randomString 20}}","mood":"MOOD_GOOD","at":"{{.Timestamp}}"}`, "id"},
		{"../../proto/streaming.proto", "", 3, "streaming.DataStreamService/FetchData", `{"query":"{{randomString 20}}","limit":{{randomInt 1 100}}}`, ""},
		{protos + "/chat/v1/chat.proto", protos, 7, "chat.v1.Chat/Watch", `{"count":{{randomInt 1 100}}}`, ""},
		{protos + "/chat/v1/chat.proto", protos, 7, "chat.v1.Chat/Collect", "", ""},
		{protos + "/chat/v1/chat.proto", protos, 7, "chat.v1.Chat/Ask", "", "id"},
	} {
		var dirs []string
		if c.dir != "" {
			dirs = []string{c.dir}
		}
		list, err := grpcschema.Methods(t.Context(), []string{c.file}, dirs)
		if err != nil || len(list) != c.methods {
			t.Fatalf("%s: %d methods, want %d: %v", c.file, len(list), c.methods, err)
		}
		found := false
		for _, m := range list {
			text, id := m.Sample(noSecret)
			f, err := m.Compile(text, template.Options{})
			if err != nil {
				t.Errorf("%s: %v\n%s", m, err, text)
				continue
			}
			checkDecodes(t, m, f.Append(nil, values(7)))
			if m.String() != c.full {
				continue
			}
			found = true
			if c.want != "" && text != c.want || id != c.id {
				t.Errorf("%s: got %s, %q\nwant %s, %q", m, text, id, c.want, c.id)
			}
		}
		if !found {
			t.Errorf("%s: no method %s", c.file, c.full)
		}
	}
}

func checkDecodes(t *testing.T, m *grpcschema.Method, b []byte) {
	t.Helper()
	if err := proto.Unmarshal(b, dynamicpb.NewMessage(m.Input)); err != nil {
		t.Errorf("%s: %v", m, err)
	}
}

func TestSampleHidesSecrets(t *testing.T) {
	t.Parallel()
	m, err := grpcschema.FromFiles(t.Context(), []string{"testdata/rich.proto"}, nil, "rich.v1.Talk/Ask")
	if err != nil {
		t.Fatal(err)
	}
	asked := map[string]bool{}
	m.Sample(func(name string) string {
		asked[name] = true
		return "${SECRET}"
	})
	if !asked["a_string"] {
		t.Errorf("asked for %v", asked)
	}
}

// A message that requires one of its own type cannot exist. Its sample is an error of the message, not a loop.
func TestSampleOfImpossibleMessage(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "a.proto")
	text := `syntax = "proto2"; message A { required B b = 1; } message B { required A a = 1; } service S { rpc Ask(A) returns (A); }`
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	m, err := grpcschema.FromFiles(t.Context(), []string{file}, nil, "S/Ask")
	if err != nil {
		t.Fatal(err)
	}
	sample, _ := m.Sample(noSecret)
	if _, err := m.Compile(sample, template.Options{}); err == nil {
		t.Errorf("%s is valid", sample)
	}
}

func TestBelow(t *testing.T) {
	t.Parallel()
	files, err := grpcschema.Below("testdata/sub")
	if err != nil || len(files) != 2 || filepath.Base(files[0]) != "common.proto" {
		t.Errorf("%v, %v", files, err)
	}
	if _, err := grpcschema.Below(t.TempDir()); err == nil {
		t.Error("no error for a directory without .proto files")
	}
	if _, err := grpcschema.Below("testdata/none"); err == nil {
		t.Error("no error for a missing directory")
	}
}

// Any bytes are a descriptor set or an error.
func FuzzDescriptorSet(f *testing.F) {
	for _, name := range []string{"chat", "edition2024", "chat-without-imports"} {
		data, err := os.ReadFile("testdata/sets/" + name + ".binpb")
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	circle, err := proto.Marshal(&descriptorpb.FileDescriptorSet{File: []*descriptorpb.FileDescriptorProto{
		{Name: proto.String("a"), Dependency: []string{"b"}}, {Name: proto.String("b"), Dependency: []string{"a"}},
	}})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(circle)
	f.Fuzz(func(t *testing.T, data []byte) {
		file := filepath.Join(t.TempDir(), "a.binpb")
		if err := os.WriteFile(file, data, 0o600); err != nil {
			t.Fatal(err)
		}
		list, err := grpcschema.Methods(t.Context(), []string{file}, nil)
		if err != nil {
			return
		}
		for _, m := range list {
			text, _ := m.Sample(noSecret)
			if _, err := m.Compile(text, template.Options{}); err != nil {
				t.Errorf("%s: %v\n%s", m, err, text)
			}
		}
	})
}
