package testbed;

import java.io.IOException;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;
import java.util.function.Supplier;

import org.elasticsearch.Build;
import org.elasticsearch.action.ActionListener;
import org.elasticsearch.action.admin.indices.create.AutoCreateAction;
import org.elasticsearch.action.admin.indices.create.CreateIndexRequest;
import org.elasticsearch.client.internal.node.NodeClient;
import org.elasticsearch.cluster.ClusterState;
import org.elasticsearch.cluster.ClusterStateUpdateTask;
import org.elasticsearch.cluster.metadata.DataStream;
import org.elasticsearch.cluster.metadata.MetadataDataStreamsService;
import org.elasticsearch.cluster.metadata.ProjectMetadata;
import org.elasticsearch.cluster.node.DiscoveryNodes;
import org.elasticsearch.cluster.service.ClusterService;
import org.elasticsearch.common.Strings;
import org.elasticsearch.common.regex.Regex;
import org.elasticsearch.features.NodeFeature;
import org.elasticsearch.index.Index;
import org.elasticsearch.index.mapper.KeywordFieldMapper;
import org.elasticsearch.index.mapper.Mapper;
import org.elasticsearch.index.mapper.NumberFieldMapper;
import org.elasticsearch.index.mapper.TextFieldMapper;
import org.elasticsearch.plugins.ActionPlugin;
import org.elasticsearch.plugins.MapperPlugin;
import org.elasticsearch.plugins.Plugin;
import org.elasticsearch.rest.BaseRestHandler;
import org.elasticsearch.rest.RestChannel;
import org.elasticsearch.rest.RestHandler;
import org.elasticsearch.rest.RestRequest;
import org.elasticsearch.rest.RestResponse;
import org.elasticsearch.rest.RestStatus;
import org.elasticsearch.xcontent.XContentBuilder;

/**
 * Fills, for a test node only, the holes left by modules that the bundle lacks (mapper-extras, data-streams,
 * wildcard, constant-keyword): type names that fall back to a near relative of the server itself, and the three
 * plain data stream calls.
 */
public final class StandInPlugin extends Plugin implements MapperPlugin, ActionPlugin {

    private ClusterService cluster;

    @Override
    public Collection<?> createComponents(PluginServices services) {
        cluster = services.clusterService();
        return List.of();
    }

    @Override
    public Map<String, Mapper.TypeParser> getMappers() {
        Map<String, Mapper.TypeParser> types = new HashMap<>();
        types.put("match_only_text", TextFieldMapper.PARSER);
        types.put("wildcard", as(KeywordFieldMapper.PARSER));
        types.put("constant_keyword", as(KeywordFieldMapper.PARSER, "value"));
        types.put("version", as(KeywordFieldMapper.PARSER));
        types.put("scaled_float", as(NumberFieldMapper.NumberType.DOUBLE.parser(), "scaling_factor"));
        types.put("unsigned_long", as(NumberFieldMapper.NumberType.LONG.parser()));
        return types;
    }

    private static Mapper.TypeParser as(Mapper.TypeParser relative, String... unknownToIt) {
        return (name, node, context) -> {
            Arrays.asList(unknownToIt).forEach(node::remove);
            return relative.parse(name, node, context);
        };
    }

    @Override
    public Collection<RestHandler> getRestHandlers(
        RestHandlersServices services,
        Supplier<DiscoveryNodes> nodes,
        Predicate<NodeFeature> clusterSupports
    ) {
        // modules/rest-root answers GET / where a bundle has it; the bare jars do not
        return Boolean.getBoolean("testbed.root") ? List.of(new DataStreamCalls(), new Root()) : List.of(new DataStreamCalls());
    }

    private final class Root extends BaseRestHandler {
        @Override
        public String getName() {
            return "testbed_root";
        }

        @Override
        public List<Route> routes() {
            return List.of(new Route(RestRequest.Method.GET, "/"), new Route(RestRequest.Method.HEAD, "/"));
        }

        @Override
        protected RestChannelConsumer prepareRequest(RestRequest request, NodeClient client) {
            Build build = Build.current();
            return channel -> {
                try (XContentBuilder json = channel.newBuilder()) {
                    json.startObject().field("name", cluster.localNode().getName());
                    json.field("cluster_name", cluster.getClusterName().value());
                    json.field("cluster_uuid", cluster.state().metadata().clusterUUID());
                    json.startObject("version").field("number", build.version()).field("build_flavor", build.flavor());
                    json.field("build_type", build.type().displayName()).field("build_hash", build.hash());
                    json.field("build_date", build.date()).field("build_snapshot", build.isSnapshot());
                    json.field("lucene_version", org.apache.lucene.util.Version.LATEST.toString());
                    json.field("minimum_wire_compatibility_version", build.minWireCompatVersion());
                    json.field("minimum_index_compatibility_version", build.minIndexCompatVersion()).endObject();
                    json.field("tagline", "You Know, for Search").endObject();
                    channel.sendResponse(new RestResponse(RestStatus.OK, json));
                }
            };
        }
    }

    private final class DataStreamCalls extends BaseRestHandler {
        @Override
        public String getName() {
            return "testbed_data_stream_calls";
        }

        @Override
        public List<Route> routes() {
            return List.of(
                new Route(RestRequest.Method.GET, "/_data_stream"),
                new Route(RestRequest.Method.GET, "/_data_stream/{name}"),
                new Route(RestRequest.Method.PUT, "/_data_stream/{name}"),
                new Route(RestRequest.Method.DELETE, "/_data_stream/{name}")
            );
        }

        @Override
        protected RestChannelConsumer prepareRequest(RestRequest request, NodeClient client) {
            String[] patterns = Strings.splitStringByCommaToArray(request.param("name", "*"));
            for (String ignored : List.of("expand_wildcards", "include_defaults", "master_timeout", "timeout", "verbose")) {
                request.param(ignored);
            }
            return switch (request.method()) {
                case PUT -> channel -> client.execute(
                    AutoCreateAction.INSTANCE,
                    new CreateIndexRequest(patterns[0]).cause("testbed data stream"),
                    answer(channel)
                );
                case DELETE -> channel -> delete(patterns, channel);
                default -> channel -> list(patterns, channel);
            };
        }

        private <R> ActionListener<R> answer(RestChannel channel) {
            return ActionListener.wrap(
                done -> channel.sendResponse(new RestResponse(RestStatus.OK, "application/json", "{\"acknowledged\":true}")),
                failure -> {
                    try {
                        channel.sendResponse(new RestResponse(channel, failure));
                    } catch (IOException broken) {
                        throw new java.io.UncheckedIOException(broken);
                    }
                }
            );
        }

        private Set<DataStream> find(ProjectMetadata project, String[] patterns) {
            Set<DataStream> found = new LinkedHashSet<>();
            project.dataStreams().values().stream().filter(d -> Regex.simpleMatch(patterns, d.getName())).forEach(found::add);
            if (found.isEmpty() && Arrays.stream(patterns).noneMatch(Regex::isSimpleMatchPattern)) {
                throw new org.elasticsearch.index.IndexNotFoundException(String.join(",", patterns));
            }
            return found;
        }

        private void list(String[] patterns, RestChannel channel) throws IOException {
            ProjectMetadata project = cluster.state().metadata().getProject();
            Set<DataStream> found = find(project, patterns);
            try (XContentBuilder json = channel.newBuilder()) {
                json.startObject().startArray("data_streams");
                for (DataStream stream : found) {
                    json.startObject().field("name", stream.getName());
                    json.startObject("timestamp_field").field("name", "@timestamp").endObject();
                    indices(json, "indices", stream.getIndices());
                    json.field("generation", stream.getGeneration());
                    json.field("hidden", stream.isHidden()).field("system", stream.isSystem());
                    json.startObject("failure_store");
                    indices(json, "indices", stream.getFailureIndices());
                    json.endObject().endObject();
                }
                json.endArray().endObject();
                channel.sendResponse(new RestResponse(RestStatus.OK, json));
            }
        }

        private void indices(XContentBuilder json, String field, List<Index> indices) throws IOException {
            json.startArray(field);
            for (Index index : indices) {
                json.startObject().field("index_name", index.getName()).field("index_uuid", index.getUUID()).endObject();
            }
            json.endArray();
        }

        private void delete(String[] patterns, RestChannel channel) {
            ActionListener<ClusterState> answer = answer(channel);
            cluster.submitUnbatchedStateUpdateTask("testbed delete data stream", new ClusterStateUpdateTask() {
                @Override
                public ClusterState execute(ClusterState state) {
                    var project = state.projectState(state.metadata().getProject().id());
                    return MetadataDataStreamsService.deleteDataStreams(
                        project, find(project.metadata(), patterns), cluster.getSettings());
                }

                @Override
                public void clusterStateProcessed(ClusterState before, ClusterState after) {
                    answer.onResponse(after);
                }

                @Override
                public void onFailure(Exception failure) {
                    answer.onFailure(failure);
                }
            });
        }
    }
}
