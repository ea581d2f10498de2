package testbed;

import java.util.Set;

import org.elasticsearch.cluster.metadata.DataStream;
import org.elasticsearch.features.FeatureSpecification;
import org.elasticsearch.features.NodeFeature;

/**
 * The redirect of failed documents lives in the server jar, but stays off until some module announces this node
 * feature; the module that does so (data-streams) is not in the bundle.
 */
public final class FailureStoreFeature implements FeatureSpecification {
    @Override
    public Set<NodeFeature> getFeatures() {
        return Set.of(DataStream.DATA_STREAM_FAILURE_STORE_FEATURE);
    }
}
