package io.podoffload.sim;

import io.podoffload.binder.NodeBinderApplication;
import io.podoffload.binder.binding.NodeNetwork;
import java.io.IOException;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.nio.file.Files;
import java.nio.file.Path;
import jnr.ffi.LibraryLoader;
import org.springframework.beans.factory.config.BeanPostProcessor;
import org.springframework.boot.SpringApplication;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/**
 * The real node-binder, which kills itself by SIGKILL when it comes to the point that a file names: {@code attach:before},
 * {@code attach:after}. The file is deleted first, so that the next one goes on.
 */
public final class CrashingBinder {

    private CrashingBinder() {}

    /** kill(2); a process must not end itself by ProcessHandle. */
    public interface Kill {
        int getpid();

        int kill(int pid, int signal);
    }

    public static void main(String[] arguments) {
        SpringApplication.run(new Class<?>[] {NodeBinderApplication.class, Crashes.class}, arguments);
    }

    /** Puts the points around each verb. */
    @Configuration(proxyBeanMethods = false)
    static class Crashes {

        @Bean
        static BeanPostProcessor crashPoints() {
            Path file = Path.of(System.getProperty("crash.file"));
            return new BeanPostProcessor() {
                @Override
                public Object postProcessAfterInitialization(Object bean, String name) {
                    return bean instanceof NodeNetwork network ? withPoints(network, file) : bean;
                }
            };
        }

        private static Object withPoints(NodeNetwork network, Path file) {
            return Proxy.newProxyInstance(
                    Crashes.class.getClassLoader(), new Class<?>[] {NodeNetwork.class}, (proxy, method, arguments) -> {
                        crashIfAt(file, method.getName() + ":before");
                        try {
                            return method.invoke(network, arguments);
                        } catch (InvocationTargetException e) {
                            throw e.getCause();
                        } finally {
                            crashIfAt(file, method.getName() + ":after");
                        }
                    });
        }

        private static void crashIfAt(Path file, String point) throws IOException {
            if (Files.exists(file) && Files.readString(file).equals(point)) {
                Files.delete(file);
                Kill kernel = LibraryLoader.create(Kill.class).load("c");
                kernel.kill(kernel.getpid(), 9);
            }
        }
    }
}
