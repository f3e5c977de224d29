package cli

import "fmt"

// Exit codes. 99, 104 and 105 are k6's.
const (
	exitOK           = 0
	exitFailed       = 1
	exitUsage        = 2
	exitThreshold    = 99
	exitScenario     = 104
	exitInterrupted  = 105
	exitRegression   = 111
	exitInconclusive = 112
	exitInvalid      = 113
	exitNoBaseline   = 115
)

// exitCodeError is an error with an exit code of its own.
type exitCodeError struct {
	error
	code int
}

func (e exitCodeError) Unwrap() error { return e.error }

func usageError(format string, args ...any) error {
	return exitCodeError{fmt.Errorf(format, args...), exitUsage}
}

func exitError(code int, format string, args ...any) error {
	return exitCodeError{fmt.Errorf(format, args...), code}
}
