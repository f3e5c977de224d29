package main

import (
	"cmp"
	"context"
	"debug/buildinfo"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

// modules lists the peers built with the go command, at the versions in go.mod.
var modules = map[string]struct{ module, pkg string }{
	"k6":          {"go.k6.io/k6", "go.k6.io/k6"},
	"ghz":         {"github.com/bojand/ghz", "github.com/bojand/ghz/cmd/ghz"},
	"fortio":      {"fortio.org/fortio", "fortio.org/fortio"},
	"grpc-client": {"google.golang.org/grpc", "google.golang.org/grpc/benchmark/client"},
	"grpc-server": {"google.golang.org/grpc", "google.golang.org/grpc/benchmark/server"},
}

// debian maps programs that must be on the PATH to their packages.
var debian = map[string]string{"wrk": "wrk", "h2load": "nghttp2-client"}

// A tool is a program, or the reason why it is missing.
type tool struct{ path, version, why string }

type tools map[string]tool

func (t tools) path(name string) string { return t[name].path }

// findTools finds or builds the tools for the works of p. Only rtbench is required.
func findTools(ctx context.Context, p *plan) (tools, error) {
	cache, err := os.UserCacheDir()
	if err != nil {
		return nil, err
	}
	cache = filepath.Join(cache, "rtbench-peers")
	if err := os.MkdirAll(cache, 0o755); err != nil {
		return nil, err
	}
	all := tools{}
	if all["rtbench"], err = findRTBench(ctx, p, cache); err != nil {
		return nil, err
	}
	for _, name := range needed(p.works) {
		all[name] = find(ctx, cache, name)
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
	}
	return all, nil
}

func findRTBench(ctx context.Context, p *plan, cache string) (tool, error) {
	if p.rtbench == "" {
		t := build(ctx, p.root, filepath.Join(cache, "rtbench"), ".")
		if t.why != "" {
			return t, fmt.Errorf("rtbench: %s (use -rtbench PATH for an existing binary)", t.why)
		}
		return t, nil
	}
	path, err := exec.LookPath(p.rtbench)
	if err == nil {
		path, err = filepath.Abs(path) // each run has its own directory
	}
	return tool{path: path}, err
}

func needed(works []work) (names []string) {
	for _, w := range works {
		for _, c := range w.contenders {
			for _, n := range c.needs {
				if !slices.Contains(names, n) {
					names = append(names, n)
				}
			}
		}
	}
	return names
}

func find(ctx context.Context, cache, name string) tool {
	to := filepath.Join(cache, name)
	if m, ok := modules[name]; ok {
		t := build(ctx, ".", to, m.pkg)
		t.version = versionOf(to, m.module)
		return t
	}
	if name == "floor" {
		return compile(ctx, to)
	}
	path, err := exec.LookPath(name)
	if err != nil {
		return tool{why: fmt.Sprintf("%s is not on the PATH (Debian: apt-get install %s)", name, debian[name])}
	}
	return tool{path: path, version: saysVersion(ctx, path)}
}

// build builds a Go package; the go command caches the result.
func build(ctx context.Context, dir, to, pkg string) tool {
	fmt.Fprintln(os.Stderr, "building", filepath.Base(to))
	c := exec.CommandContext(ctx, "go", "build", "-o", to, pkg)
	c.Dir = dir
	if out, err := c.CombinedOutput(); err != nil {
		return tool{why: "cannot build it: " + firstLine(string(out)+err.Error())}
	}
	return tool{path: to}
}

// compile compiles the floor, which needs Linux for epoll.
func compile(ctx context.Context, to string) tool {
	out, err := exec.CommandContext(ctx, cmp.Or(os.Getenv("CC"), "cc"), "-O2", "-Wall", "-Wextra", "-pthread", "-o", to, "floor/floor.c").CombinedOutput()
	if err != nil {
		return tool{why: "cannot compile floor/floor.c: " + firstLine(string(out)+err.Error())}
	}
	return tool{path: to}
}

func firstLine(s string) string {
	s, _, _ = strings.Cut(strings.TrimSpace(s), "\n")
	return s
}

// versionOf returns the version of module in the program's build info.
func versionOf(path, module string) string {
	info, err := buildinfo.ReadFile(path)
	if err != nil {
		return ""
	}
	for _, d := range append(info.Deps, &info.Main) {
		if d.Path == module {
			return strings.TrimPrefix(d.Version, "v")
		}
	}
	return ""
}

// saysVersion extracts the version from the output of wrk and h2load, such as "wrk
// debian/4.1.0-3 [epoll]" and "h2load nghttp2/1.52.0".
func saysVersion(ctx context.Context, path string) string {
	out, _ := exec.CommandContext(ctx, path, "--version").CombinedOutput()
	fields := strings.Fields(firstLine(string(out)))
	if len(fields) < 2 {
		return ""
	}
	return fields[1]
}
