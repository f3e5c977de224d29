package profile

import (
	"slices"
	"strings"
)

// standardRoots are the first elements of the import paths of Go's standard library and runtime.
var standardRoots = strings.Fields(`archive bufio bytes cmp compress container context crypto database debug embed encoding errors
	expvar flag fmt go hash html image index internal io iter log maps math mime net os path plugin reflect regexp runtime
	slices sort strconv strings structs sync syscall testing text time type unicode unique unsafe vendor weak`)

// standard reports whether a function belongs to Go's standard library or runtime.
func standard(function string) bool {
	if !strings.Contains(function, ".") { // assembly of the runtime, such as memeqbody
		return strings.HasSuffix(function, "body")
	}
	first, _, _ := strings.Cut(packageOf(function), "/")
	return slices.Contains(standardRoots, first)
}

// packageOf returns the import path of the package of a Go function, such as encoding/json of
// encoding/json.(*encodeState).marshal.
func packageOf(function string) string {
	dir := strings.LastIndexByte(cutTypes(function), '/') + 1
	name, _, _ := strings.Cut(function[dir:], ".")
	return function[:dir] + name
}

// cutTypes returns a name up to its type parameters or its receiver, which may contain slashes.
func cutTypes(function string) string {
	if i := strings.IndexAny(function, "[("); i >= 0 {
		return function[:i]
	}
	return function
}
