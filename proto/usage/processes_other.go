//go:build !linux

package usage

func readProcesses([]int, bool) ([]process, error) {
	_, err := readProcess(0)
	return nil, err
}
