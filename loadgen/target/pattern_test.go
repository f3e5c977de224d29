package target_test

import (
	"errors"
	"path/filepath"
	"testing"

	"rtbench/loadgen/target"
)

func TestNaturalPattern(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, "kinds.proto", `syntax = "proto3"; package test; message M {} service S {
  rpc Unary(M) returns (M); rpc Down(M) returns (stream M); rpc Up(stream M) returns (M); rpc Both(stream M) returns (stream M); }`)
	for method, want := range map[string][2]string{
		"Unary": {"echo", "test.S/Unary is unary"}, "Down": {"push", "test.S/Down is server streaming"},
		"Up": {"upload", "test.S/Up is client streaming"}, "Both": {"echo", "test.S/Both is bidirectional streaming"},
	} {
		s := read(t, filepath.Join(dir, "test.yaml"), "target: {grpc: {url: 'grpc://127.0.0.1:1/test.S/"+method+"', proto: kinds.proto}}\npattern: push\n")
		pattern, why, err := target.NaturalPattern(t.Context(), s)
		if err != nil || pattern != want[0] || why != want[1] {
			t.Errorf("%s: %s, %s, %v", method, pattern, why, err)
		}
	}
}

// An unreachable server does not make the scenario invalid. The error has one line.
func TestReflectionUnavailable(t *testing.T) {
	s := read(t, filepath.Join(t.TempDir(), "test.yaml"), "target: {grpc: 'grpc://127.0.0.1:1/test.S/M'}\npattern: push\n")
	_, _, err := target.NaturalPattern(t.Context(), s)
	var unanswered *target.ReflectionError
	if !errors.As(err, &unanswered) || unanswered.Class() != "gRPC Unavailable" {
		t.Fatalf("%v", err)
	}
	const want = "looking up test.S/M at 127.0.0.1:1 by reflection: Unavailable: "
	if text := err.Error(); len(text) < len(want) || text[:len(want)] != want {
		t.Errorf("%s", text)
	}
}
