//go:build linux

package faults_test

import (
	"fmt"
	"os"
	"strings"
	"syscall"
	"testing"
	"unsafe"
)

// openFiles counts the open files of the process, sockets included.
func (s *service) openFiles(t *testing.T) int {
	t.Helper()
	entries, err := os.ReadDir(fmt.Sprintf("/proc/%d/fd", s.process.Pid))
	if err != nil {
		t.Fatal(err)
	}
	return len(entries)
}

// threads counts the threads of the process.
func (s *service) threads(t *testing.T) int64 { return s.number(t, "status", "Threads:") }

// memory is the process's resident memory in MiB.
func (s *service) memory(t *testing.T) float64 {
	return float64(s.number(t, "status", "VmRSS:")) / 1024
}

// peakMemory is the most resident memory that the process ever had, in MiB.
func (s *service) peakMemory(t *testing.T) float64 {
	return float64(s.number(t, "status", "VmHWM:")) / 1024
}

// received counts the bytes that the process has read so far, from sockets and files.
func (s *service) received(t *testing.T) int64 { return s.number(t, "io", "rchar:") }

// number reads a number out of one of the process's files in /proc.
func (s *service) number(t *testing.T, file, name string) int64 {
	t.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/%s", s.process.Pid, file))
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		if value, found := strings.CutPrefix(line, name); found {
			var n int64
			if _, err := fmt.Sscan(value, &n); err != nil {
				t.Fatal(err)
			}
			return n
		}
	}
	t.Fatalf("/proc/…/%s has no %s", file, name)
	return 0
}

// limit sets a soft resource limit (syscall.RLIMIT_…) of the running process and returns the former one.
func (s *service) limit(t *testing.T, resource int, soft uint64) (former uint64) {
	t.Helper()
	var now syscall.Rlimit
	s.rlimit(t, resource, nil, &now)
	next := syscall.Rlimit{Cur: min(soft, now.Max), Max: now.Max}
	s.rlimit(t, resource, &next, nil)
	return now.Cur
}

func (s *service) rlimit(t *testing.T, resource int, set, get *syscall.Rlimit) {
	t.Helper()
	_, _, errno := syscall.Syscall6(syscall.SYS_PRLIMIT64, uintptr(s.process.Pid), uintptr(resource),
		uintptr(unsafe.Pointer(set)), uintptr(unsafe.Pointer(get)), 0, 0)
	if errno != 0 {
		t.Fatalf("limit the service: %v", errno)
	}
}
