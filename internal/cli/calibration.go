package cli

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"rtbench/report/regression"
	"rtbench/report/result"
)

// calibrationPath is where this user's calibration is.
func calibrationPath(path string) (string, error) {
	if path != "" {
		return path, nil
	}
	dir, err := os.UserCacheDir()
	if err != nil {
		return "", fmt.Errorf("finding where to keep the calibration: %w (name a file with --calibration)", err)
	}
	return filepath.Join(dir, "rtbench", "calibration.json"), nil
}

// readCalibration reads it; none is no error unless the user named the file.
func readCalibration(named string) (regression.Calibration, error) {
	path, err := calibrationPath(named)
	if err != nil {
		return regression.Calibration{}, nil //nolint:nilerr // no such directory on this system, so nothing in it
	}
	b, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) && named == "" {
		return regression.Calibration{}, nil
	}
	if err != nil {
		return regression.Calibration{}, err
	}
	c, err := regression.DecodeCalibration(b)
	if err != nil {
		return regression.Calibration{}, fmt.Errorf("%s: %w (measure it anew with `rtbench calibrate`)", path, err)
	}
	return c, nil
}

// checkCalibration reports whether a calibration could be stored there, before anything is
// measured.
func checkCalibration(path string) error {
	err := os.MkdirAll(filepath.Dir(path), 0o755)
	if err == nil {
		err = result.CheckWritable(filepath.Dir(path))
	}
	if info, statErr := os.Stat(path); err == nil && statErr == nil && info.IsDir() {
		err = fmt.Errorf("%s is a directory", path)
	}
	if err != nil {
		return fmt.Errorf("no calibration could be stored, so nothing was measured: %w; name another file with --calibration", err)
	}
	return nil
}

func storeCalibration(path string, add bool, now regression.Calibration) error {
	if before, err := readCalibration(""); add && err == nil {
		now = before.Add(now)
	}
	b, err := now.Encode()
	if err != nil {
		return err
	}
	if why := result.WriteFile(path, b); why != nil {
		f, err := os.CreateTemp("", "rtbench-calibration-*.json")
		if err == nil {
			_, err = f.Write(b)
			err = errors.Join(err, f.Close())
		}
		if err != nil {
			return fmt.Errorf("the calibration could not be stored: %w; nor in %s: %w", why, os.TempDir(), err)
		}
		return fmt.Errorf("the calibration is in %s, as it could not be stored: %w; gate reads it there with --calibration", f.Name(), why)
	}
	fmt.Printf("Stored: %s\n", path)
	return nil
}
