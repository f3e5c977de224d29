package proto

import (
	"runtime/debug"

	"rtbench/internal/lazyregexp"
)

// version and commit identify this program. version is that of the next release. Release builds set both:
// -ldflags "-X rtbench/proto.version=0.1.0 -X rtbench/proto.commit=…".
var version, commit = "0.1.0-dev", ""

var releaseTag = lazyregexp.New(`^v[0-9]+\.[0-9]+\.[0-9]+$`)

// Version returns the version of this program without a leading v: the one that the build set, a release
// tag that the go command found, or that of the next release followed by -dev.
func Version() string {
	if info, ok := debug.ReadBuildInfo(); ok && releaseTag.MatchString(info.Main.Version) {
		return info.Main.Version[1:]
	}
	return version
}

// Commit returns the commit that this program was built from, followed by -dirty if files had changed
// since. It is empty if the build did not record it.
func Commit() string {
	if commit != "" {
		return commit
	}
	revision, dirty := "", ""
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, s := range info.Settings {
			switch {
			case s.Key == "vcs.revision":
				revision = s.Value
			case s.Key == "vcs.modified" && s.Value == "true":
				dirty = "-dirty"
			}
		}
	}
	if revision == "" {
		return ""
	}
	return revision + dirty
}

// VersionAndCommit returns version and commit as one word, such as 0.1.0+4f2a91c. Programs with different
// words may behave differently.
func VersionAndCommit() string {
	if c := Commit(); c != "" {
		return Version() + "+" + c
	}
	return Version()
}
