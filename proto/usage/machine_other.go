//go:build !linux

package usage

// ReadMachine returns zero values: this system does not report them.
func ReadMachine() Machine { return Machine{} }

// ReadLimits returns zero values: this system has no control groups.
func ReadLimits() Limits { return Limits{} }
