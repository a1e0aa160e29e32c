package io.podoffload.chart;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Finds what the Kubernetes API has no field for: misspelt, or at the wrong depth. */
final class UnknownFields {

    private UnknownFields() {}

    /** Paths of such fields. */
    static List<String> of(Object object) {
        List<String> found = new ArrayList<>();
        walk(object, object.getClass().getSimpleName(), found);
        return found;
    }

    private static void walk(@Nullable Object object, String path, List<String> found) {
        if (object instanceof Collection<?> several) {
            several.forEach(one -> walk(one, path + "[]", found));
        } else if (object instanceof Map<?, ?> entries) {
            entries.forEach((name, value) -> walk(value, path + "." + name, found));
        } else if (object != null && object.getClass().getName().startsWith("io.fabric8.kubernetes.api.model")) {
            for (Method getter : object.getClass().getMethods()) {
                if (getter.getName().startsWith("get") && getter.getParameterCount() == 0) {
                    look(object, getter, path, found);
                }
            }
        }
    }

    private static void look(Object object, Method getter, String path, List<String> found) {
        try {
            Object value = getter.invoke(object);
            if (getter.getName().equals("getAdditionalProperties")) {
                ((Map<?, ?>) value).keySet().forEach(name -> found.add(path + "." + name));
            } else {
                walk(value, path + "." + getter.getName().substring(3), found);
            }
        } catch (IllegalAccessException | InvocationTargetException e) {
            throw new IllegalStateException("cannot read " + getter, e);
        }
    }
}
