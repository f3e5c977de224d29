package proto

import (
	"regexp"
	"testing"
)

// TestVersionIsSetByTheBuild sets what -ldflags sets.
func TestVersionIsSetByTheBuild(t *testing.T) {
	before, beforeCommit := version, commit
	t.Cleanup(func() { version, commit = before, beforeCommit })
	if !regexp.MustCompile(`^[0-9]+\.[0-9]+\.[0-9]+-dev$`).MatchString(version) {
		t.Errorf("version %q: expected the next release followed by -dev", version)
	}
	version, commit = "0.9.1", "4f2a91c"
	if got := VersionAndCommit(); got != "0.9.1+4f2a91c" {
		t.Errorf("VersionAndCommit() = %q", got)
	}
	if got := LibraryVersions()[Ours]; got != "0.9.1+4f2a91c" {
		t.Errorf("library version %q", got)
	}
}
