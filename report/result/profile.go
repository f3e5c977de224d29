package result

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"
)

// A Profile holds the CPU and heap profiles of a cell's server. They are taken in repetitions of their own, of
// which nothing else is in the result.
type Profile struct {
	Source      string      `json:"source"` // URL without secrets
	Repetitions int         `json:"repetitions"`
	CPU         ProfileFile `json:"cpu"`
	Heap        ProfileFile `json:"heap"`
}

// A ProfileFile is a profile in the format of pprof, in a file beside the result.
type ProfileFile struct {
	File string `json:"file,omitempty"` // its name in the directory of the result; empty if there is none
	// Covers is the time in which the profile was taken, and Messages the number of messages that the server handled in
	// it. A heap profile has the bytes allocated in that time.
	Covers   time.Duration `json:"covers_ns,omitempty"`
	Messages float64       `json:"messages,omitempty"`
	// Used is the CPU time of the server in that time, as the kernel counts it; 0 if it is unknown. The samples of a CPU
	// profile are its shares: there are fewer than one for each period if threads run only briefly.
	Used time.Duration `json:"used_ns,omitempty"`
	// Missing is the reason why there is no profile.
	Missing string `json:"missing,omitempty"`
	// Data is the content of the file, until the result is stored and after Load.
	Data []byte `json:"-"`
}

// maxProfile is the size of the largest profile that is read.
const maxProfile = 256 << 20

// Missing returns the reasons why profiles are missing, each once.
func (p *Profile) Missing() (why []string) {
	for _, f := range []ProfileFile{p.CPU, p.Heap} {
		if f.Missing != "" {
			why = append(why, f.Missing)
		}
	}
	return Unique(why)
}

// Files returns the names of the files.
func (p *Profile) Files() (names []string) {
	for _, f := range []ProfileFile{p.CPU, p.Heap} {
		if f.File != "" {
			names = append(names, f.File)
		}
	}
	return names
}

// LoadProfiles reads the profiles of all cells from the directory of the result. A profile that cannot be read is
// missing.
func (r *Result) LoadProfiles(dir string) {
	for _, c := range r.Cells {
		if c.Profile != nil {
			c.Profile.CPU.load(dir)
			c.Profile.Heap.load(dir)
		}
	}
}

func (f *ProfileFile) load(dir string) {
	if f.File == "" || f.Data != nil {
		return
	}
	b, err := readProfile(dir, f.File)
	if err != nil {
		f.Missing = err.Error()
		return
	}
	f.Data = b
}

func readProfile(dir, name string) ([]byte, error) {
	path := filepath.Join(dir, name)
	if name != filepath.Base(name) {
		return nil, fmt.Errorf("found the file name %q of a profile; expected one without directories", name)
	}
	file, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("the profile is not readable: %w", err)
	}
	defer file.Close()
	b, err := io.ReadAll(io.LimitReader(file, maxProfile+1))
	switch {
	case err != nil:
		return nil, fmt.Errorf("the profile is not readable: %w", err)
	case len(b) > maxProfile:
		return nil, fmt.Errorf("%s has more than %d MiB", path, maxProfile>>20)
	}
	return b, nil
}

// writeProfiles stores the profiles of a cell in dir, and names them.
func (c *Cell) writeProfiles(dir string) error {
	if c.Profile == nil {
		return nil
	}
	for _, p := range []struct {
		of   *ProfileFile
		kind string
	}{{&c.Profile.CPU, "cpu"}, {&c.Profile.Heap, "heap"}} {
		if p.of.Data == nil {
			continue
		}
		if p.of.File == "" {
			p.of.File = c.fileName() + "." + p.kind + ".pb.gz"
		}
		if err := WriteFile(filepath.Join(dir, p.of.File), p.of.Data); err != nil {
			return err
		}
	}
	return nil
}
