package loadgen

import (
	"fmt"
	"os"
)

// udpBuffer returns the largest receive buffer in bytes that a socket of this process may ask for; 0 if there is no
// limit for it, or if it is unknown.
func udpBuffer() (bytes int) {
	if os.Geteuid() == 0 { // root may exceed the limit
		return 0
	}
	b, err := os.ReadFile("/proc/sys/net/core/rmem_max")
	if err == nil {
		_, err = fmt.Sscan(string(b), &bytes)
	}
	if err != nil {
		return 0
	}
	return bytes
}
