// A device plugin that stands in for the SR-IOV network device plugin: it reads the same configuration, and offers VFs by the selectors
// vendors, devices and drivers.
//
//	device-plugin [--config-file FILE]
//
// It registers with the kubelet, and again whenever the kubelet has removed its socket, as a kubelet that starts does.
// https://kubernetes.io/docs/concepts/extend-kubernetes/compute-storage-net/device-plugins/
package main

import (
	"context"
	"encoding/json"
	"flag"
	"log"
	"net"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	api "k8s.io/kubelet/pkg/apis/deviceplugin/v1beta1"
)

const pciDevices = "/sys/bus/pci/devices"

type configuration struct {
	ResourceList []resource `json:"resourceList"`
}

type resource struct {
	ResourcePrefix string    `json:"resourcePrefix"`
	ResourceName   string    `json:"resourceName"`
	Selectors      selectors `json:"selectors"`
}

type selectors struct {
	Vendors []string `json:"vendors"`
	Devices []string `json:"devices"`
	Drivers []string `json:"drivers"`
}

// selects says whether the device is a VF with these identifiers. An empty list selects all.
func (s selectors) selects(device string) bool {
	if _, err := os.Stat(filepath.Join(device, "physfn")); err != nil {
		return false
	}
	driver, _ := os.Readlink(filepath.Join(device, "driver"))
	one := func(wanted []string, value string) bool { return len(wanted) == 0 || slices.Contains(wanted, value) }
	return one(s.Vendors, identifier(device, "vendor")) && one(s.Devices, identifier(device, "device")) &&
		one(s.Drivers, filepath.Base(driver))
}

// identifier reads a file of sysfs such as vendor, 0x15b3.
func identifier(device, file string) string {
	text, _ := os.ReadFile(filepath.Join(device, file))
	return strings.TrimPrefix(strings.TrimSpace(string(text)), "0x")
}

type plugin struct {
	api.UnimplementedDevicePluginServer
	resource  string
	addresses []string
}

func (p *plugin) GetDevicePluginOptions(context.Context, *api.Empty) (*api.DevicePluginOptions, error) {
	return &api.DevicePluginOptions{}, nil
}

func (p *plugin) ListAndWatch(_ *api.Empty, stream grpc.ServerStreamingServer[api.ListAndWatchResponse]) error {
	devices := make([]*api.Device, 0, len(p.addresses))
	for _, address := range p.addresses {
		devices = append(devices, &api.Device{ID: address, Health: api.Healthy})
	}
	if err := stream.Send(&api.ListAndWatchResponse{Devices: devices}); err != nil {
		return err
	}
	<-stream.Context().Done()
	return nil
}

func (p *plugin) Allocate(_ context.Context, request *api.AllocateRequest) (*api.AllocateResponse, error) {
	variable := "PCIDEVICE_" + strings.ToUpper(strings.NewReplacer(".", "_", "/", "_", "-", "_").Replace(p.resource))
	response := &api.AllocateResponse{}
	for _, container := range request.ContainerRequests {
		response.ContainerResponses = append(response.ContainerResponses, &api.ContainerAllocateResponse{
			Envs: map[string]string{variable: strings.Join(container.DevicesIds, ",")},
		})
	}
	return response, nil
}

// serve registers once, and returns when the socket is gone.
func (p *plugin) serve() error {
	name := strings.ReplaceAll(p.resource, "/", "_") + ".sock"
	socket := filepath.Join(api.DevicePluginPath, name)
	os.Remove(socket)
	listener, err := net.Listen("unix", socket)
	if err != nil {
		return err
	}
	server := grpc.NewServer()
	defer server.Stop()
	api.RegisterDevicePluginServer(server, p)
	go server.Serve(listener)

	kubelet, err := grpc.NewClient("unix://"+api.KubeletSocket, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		return err
	}
	defer kubelet.Close()
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	_, err = api.NewRegistrationClient(kubelet).Register(ctx,
		&api.RegisterRequest{Version: api.Version, Endpoint: name, ResourceName: p.resource})
	if err != nil {
		return err
	}
	log.Printf("registered %d devices of %s", len(p.addresses), p.resource)
	for {
		time.Sleep(200 * time.Millisecond)
		if _, err := os.Stat(socket); err != nil {
			return nil
		}
	}
}

func (p *plugin) serveForever() {
	for {
		if err := p.serve(); err != nil {
			log.Printf("trying again: %v", err)
			time.Sleep(500 * time.Millisecond)
		}
	}
}

func main() {
	file := flag.String("config-file", "/etc/pcidp/config.json", "resources and their selectors")
	flag.String("log-dir", "", "not used: it logs to its standard error")
	flag.Int("log-level", 0, "not used")
	flag.Parse()
	text, err := os.ReadFile(*file)
	if err != nil {
		log.Fatal(err)
	}
	var config configuration
	if err := json.Unmarshal(text, &config); err != nil {
		log.Fatalf("%s: %v", *file, err)
	}
	for _, one := range config.ResourceList {
		p := &plugin{resource: one.ResourcePrefix + "/" + one.ResourceName}
		devices, _ := filepath.Glob(pciDevices + "/*")
		for _, device := range devices {
			if one.Selectors.selects(device) {
				p.addresses = append(p.addresses, filepath.Base(device))
			}
		}
		if len(p.addresses) == 0 {
			log.Printf("no device for %s", p.resource)
			continue
		}
		go p.serveForever()
	}
	ended := make(chan os.Signal, 1)
	signal.Notify(ended, syscall.SIGTERM, syscall.SIGINT)
	<-ended // also where it offers nothing, as on a node without VFs
}
