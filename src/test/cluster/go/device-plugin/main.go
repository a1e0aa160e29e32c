// A device plugin that offers PCI addresses as a resource, in the form of the SR-IOV network device plugin:
//
//	device-plugin RESOURCE PCI-ADDRESS...
//
// It registers with the kubelet, and again whenever the kubelet has removed its socket, as a kubelet that starts does.
// https://kubernetes.io/docs/concepts/extend-kubernetes/compute-storage-net/device-plugins/
package main

import (
	"context"
	"log"
	"net"
	"os"
	"path/filepath"
	"strings"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	api "k8s.io/kubelet/pkg/apis/deviceplugin/v1beta1"
)

const socketName = "pod-offload-test.sock"

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
	socket := filepath.Join(api.DevicePluginPath, socketName)
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
		&api.RegisterRequest{Version: api.Version, Endpoint: socketName, ResourceName: p.resource})
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

func main() {
	p := &plugin{resource: os.Args[1], addresses: os.Args[2:]}
	for {
		if err := p.serve(); err != nil {
			log.Printf("trying again: %v", err)
			time.Sleep(500 * time.Millisecond)
		}
	}
}
